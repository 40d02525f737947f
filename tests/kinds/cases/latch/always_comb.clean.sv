// `grant` has no value while nothing is requested.
module arbiter (
    input  logic [1:0] request,
    output logic       grant
);
    always_comb begin
        grant = 1'b0;
        if (request[0])
            grant = 1'b0;
        else if (request[1])
            grant = 1'b1;
    end
endmodule
