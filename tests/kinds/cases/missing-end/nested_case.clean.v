// A Karnaugh map as nested case statements.
module row_map (
    input  wire a,
    input  wire b,
    input  wire c,
    output reg  f
);
    always @(*) begin
        case (a)
            1'b0: begin
                case ({b, c})
                    2'b00:   f = 1'b1;
                    2'b01:   f = 1'b0;
                    default: f = 1'b1;
                endcase
            end
            default: f = b ^ c;
        endcase
    end
endmodule
