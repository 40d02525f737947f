// An assignment where a comparison was meant.
module match (
    input  logic [3:0] code,
    output logic       unlocked
);
    always_comb begin
        if (code = 4'd9)  // FAULT condition: slang verilator
            unlocked = 1'b1;
        else
            unlocked = 1'b0;
    end
endmodule
