// An input is left open.
module gated (
    input  wire clk,
    input  wire enable,
    input  wire d,
    output reg  q
);
    always @(posedge clk)
        if (enable)
            q <= d;
endmodule

module holder (
    input  wire clk,
    input  wire load,
    input  wire value,
    output wire held
);
    gated cell0 (  // FAULT module-connection: slang verilator
        .clk(clk),
        .d(value & load),
        .q(held)
    );
endmodule
