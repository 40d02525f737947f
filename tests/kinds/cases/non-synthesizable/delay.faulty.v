// A delay means nothing to a synthesizer: it is left out, and the hardware does something else.
module delayed (
    input  wire clk,
    input  wire d,
    output reg  q
);
    always @(posedge clk)
        #2 q <= d;  // FAULT non-synthesizable: verilator
endmodule
