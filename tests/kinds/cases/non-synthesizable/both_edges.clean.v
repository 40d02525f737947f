// No flip-flop follows both edges of a clock: a doubled data rate needs two of them, and a choice between the two.
module both_edges (
    input  wire clk,
    input  wire d,
    output reg  q
);
    always @(posedge clk)
        q <= d;
endmodule
