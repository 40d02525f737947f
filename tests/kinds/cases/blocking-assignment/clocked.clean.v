// A blocking assignment in a clocked block: which value the other block reads depends on the simulator.
module pipeline (
    input  wire       clk,
    input  wire [7:0] d,
    output reg  [7:0] q
);
    reg [7:0] stage;

    always @(posedge clk)
        stage <= d;

    always @(posedge clk)
        q <= stage;
endmodule
