module misspelt_declaration (
    input  wire       clk,
    input  wire [3:0] d,
    output wire [3:0] q
);
    reg [3:0] stored;
    always @(posedge clk) stored <= d;
    assign q = stored;
endmodule
