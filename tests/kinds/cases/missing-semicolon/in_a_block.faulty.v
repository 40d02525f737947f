// A shift register; the statement before `end` is the one that is not closed.
module shift_register (
    input  wire       clk,
    input  wire       rst,
    input  wire       d,
    output reg  [3:0] q
);
    always @(posedge clk) begin
        if (rst)
            q <= 4'd0;
        else
            q <= {q[2:0], d}  // FAULT missing-semicolon: slang verilator
    end
endmodule
