// Byte order reversed; the concatenation's brace is not closed.
module byte_swap (
    input  wire [15:0] word,
    output wire [15:0] swapped
);
    assign swapped = {word[7:0], word[15:8]};
endmodule
