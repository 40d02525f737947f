// No flip-flop of a usual library takes both edges.
module double_rate (
    input  wire clk,
    input  wire d,
    output reg  q
);
    always @(posedge clk)
        q <= d;
endmodule
