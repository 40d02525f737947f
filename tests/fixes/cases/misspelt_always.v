module misspelt_always (
    input  wire clk,
    input  wire d,
    output reg  q
);
    alway @(posedge clk) q <= d;
endmodule
