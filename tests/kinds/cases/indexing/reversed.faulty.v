// A slice whose bounds are the wrong way round.
module lower_nibble (
    input  wire [7:0] word,
    output wire [3:0] nibble
);
    assign nibble = word[0:3];  // FAULT indexing: slang verilator
endmodule
