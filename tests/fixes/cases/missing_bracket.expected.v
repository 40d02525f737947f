module missing_bracket (
    input  wire [7:0] a,
    input  wire       b,
    output wire       y
);
    assign y = (a[1] & b) | a[0];
endmodule
