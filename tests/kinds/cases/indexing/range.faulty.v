// A slice that reaches past the vector.
module upper_nibble (
    input  wire [7:0] word,
    output wire [3:0] nibble
);
    assign nibble = word[8:5];  // FAULT indexing: slang verilator
endmodule
