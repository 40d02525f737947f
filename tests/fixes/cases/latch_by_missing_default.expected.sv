module latch_by_missing_default (
    input  logic [1:0] sel,
    input  logic [2:0] d,
    output logic       y
);
    always_comb begin
        case (sel)
            2'd0: y = d[0];
            2'd1: y = d[1];
            2'd2: y = d[2];
            default: y = 0;
        endcase
    end
endmodule
