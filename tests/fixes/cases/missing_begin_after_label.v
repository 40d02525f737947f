module missing_begin_after_label (
    input  wire       clk,
    input  wire [1:0] sel,
    output reg        a,
    output reg        b
);
    always @(posedge clk) begin
        case (sel)
            2'd0:
                a <= 1'b1;
                b <= 1'b0;
            end
            2'd1: begin
                a <= 1'b0;
                b <= 1'b1;
            end
            default: ;
        endcase
    end
endmodule
