module misspelt_posedge (
    input  wire clk,
    input  wire d,
    output reg  q
);
    always @(posegde clk) q <= d;
endmodule
