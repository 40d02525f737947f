// A parity generator with a misspelt keyword.
module parity (
    input  wire [7:0] data,
    output wire       odd
);
    assign odd = ^data;
endmodule
