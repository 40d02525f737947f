module missing_opening_bracket (
    input  wire [7:0] data,
    output wire       y
);
    assign y = data[0] ^ data[5];
endmodule
