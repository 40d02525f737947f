module missing_end_before_label (
    input  wire [1:0] sel,
    input  wire       d,
    output reg        y
);
    always @(*) begin
        case (sel)
            2'd0: begin
                case (d)
                    1'b0: y = 1'b1;
                    default: y = 1'b0;
                endcase
            end
            2'd1: y = d;
            default: y = ~d;
        endcase
    end
endmodule
