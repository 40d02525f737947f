module undeclared_logic (
    input  logic       clk,
    input  logic [4:0] d,
    output logic [4:0] q
);
    logic [4:0] held;
    always_ff @(posedge clk) held <= d;
    assign q = held;
endmodule
