module misspelt_module (
    input  wire d,
    output wire q
);
    assign q = d;
endmodule
