// A four-variable Karnaugh map, read row by row: f(a, b, c, d) with rows {a, b} and columns {c, d}.
// Faulty on purpose: the block of row 2'b01 lacks its `end`.
module karnaugh (
    input  wire a,
    input  wire b,
    input  wire c,
    input  wire d,
    output reg  f
);
    always @(*) begin
        case ({a, b})
            2'b00: begin
                case ({c, d})
                    2'b00:   f = 1'b1;
                    2'b01:   f = 1'b0;
                    2'b11:   f = 1'b0;
                    default: f = 1'b1;
                endcase
            end
            2'b01: begin
                case ({c, d})
                    2'b00:   f = 1'b0;
                    2'b01:   f = 1'b1;
                    2'b11:   f = 1'b1;
                    default: f = 1'b0;
                endcase
            2'b11: f = c;
            default: f = d;
        endcase
    end
endmodule
