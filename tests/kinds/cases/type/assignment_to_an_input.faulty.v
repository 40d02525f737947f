// An input cannot be driven from inside.
module clear_on_ready (
    input  wire clk,
    input  wire ready,
    input  wire pending
);
    always @(posedge clk)
        pending <= ~ready;  // FAULT type: slang verilator
endmodule
