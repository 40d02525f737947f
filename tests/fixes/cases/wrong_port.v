module adder (
    input  wire [3:0] left,
    input  wire [3:0] right,
    output wire [4:0] sum
);
    assign sum = {1'b0, left} + {1'b0, right};
endmodule

module wrong_port (
    input  wire [3:0] a,
    input  wire [3:0] b,
    output wire [4:0] y
);
    adder first (.left(a), .rigth(b), .sum(y));
endmodule
