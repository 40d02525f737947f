// An unsigned number is never below zero.
module sign_check (
    input  wire [7:0] level,
    output wire       valid
);
    assign valid = (level >= 8'd0);  // FAULT condition: verilator
endmodule
