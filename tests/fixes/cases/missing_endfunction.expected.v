module missing_endfunction (
    input  wire [7:0] a,
    output wire       odd
);
    function parity(input [7:0] value);
        parity = ^value;
    endfunction

    assign odd = parity(a);
endmodule
