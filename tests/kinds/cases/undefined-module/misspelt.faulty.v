// The instance names a module that is nowhere in the design.
module half_adder (
    input  wire a,
    input  wire b,
    output wire sum,
    output wire carry
);
    assign sum = a ^ b;
    assign carry = a & b;
endmodule

module full_adder (
    input  wire a,
    input  wire b,
    input  wire carry_in,
    output wire sum,
    output wire carry_out
);
    wire partial, carry_ab, carry_in_partial;

    half_adder first (.a(a), .b(b), .sum(partial), .carry(carry_ab));
    half_addr second (.a(partial), .b(carry_in), .sum(sum), .carry(carry_in_partial));  // FAULT undefined-module: slang verilator

    assign carry_out = carry_ab | carry_in_partial;
endmodule
