// A procedural assignment needs a variable.
module last_value (
    input  wire       clk,
    input  wire [7:0] d,
    output wire [7:0] q
);
    always @(posedge clk)
        q <= d;  // FAULT type: slang verilator
endmodule
