// `==` binds more tightly than `&`.
module mask_check (
    input  wire [3:0] flags,
    output wire       none
);
    assign none = flags & 4'b0011 == 4'b0000;  // FAULT condition: slang // ALSO bit-width
endmodule
