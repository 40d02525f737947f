// A slice that reaches past the vector.
module upper_nibble (
    input  wire [7:0] word,
    output wire [3:0] nibble
);
    assign nibble = word[7:4];
endmodule
