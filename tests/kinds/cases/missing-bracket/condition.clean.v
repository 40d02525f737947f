// A saturating counter; the condition's parenthesis is not closed.
module saturating_counter (
    input  wire       clk,
    input  wire       rst,
    output reg  [3:0] count
);
    always @(posedge clk) begin
        if (rst)
            count <= 4'd0;
        else if (count != 4'd15)
            count <= count + 4'd1;
    end
endmodule
