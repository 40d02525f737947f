module missing_brace (
    input  wire [7:0] a,
    output wire [1:0] y
);
    assign y = {a[3], a[0]};
endmodule
