// An adder with carry.
module adder (
    input  wire [7:0] a,
    input  wire [7:0] b,
    output wire [7:0] sum,
    output wire       carry
);
    wire [8:0] total = {1'b0, a} + {1'b0, b};

    assign sum = total[7:0];
    assign carry = total[8];
endmodule
