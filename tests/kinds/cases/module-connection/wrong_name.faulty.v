// A connection to a port that does not exist.
module synchronizer (
    input  wire clk,
    input  wire d,
    output reg  q
);
    reg middle;

    always @(posedge clk) begin
        middle <= d;
        q <= middle;
    end
endmodule

module button (
    input  wire clk,
    input  wire pin,
    output wire pressed
);
    synchronizer stage (
        .clk(clk),
        .d(pin),
        .q(pressed),
        .enable(1'b1)  // FAULT module-connection: slang verilator
    );
endmodule
