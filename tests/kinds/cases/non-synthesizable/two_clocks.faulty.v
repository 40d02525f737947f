// An edge in the list is a clock unless the block tests its signal first: here the reset was forgotten.
module two_clocks (
    input  wire clk,
    input  wire reset,
    input  wire d,
    output reg  q
);
    always @(posedge clk or posedge reset)  // FAULT non-synthesizable: slang
        q <= d;
endmodule
