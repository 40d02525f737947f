// An input cannot be driven from inside.
module clear_on_ready (
    input  wire clk,
    input  wire ready,
    output reg  pending
);
    always @(posedge clk)
        pending <= ~ready;
endmodule
