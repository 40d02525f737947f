module oversized_literal (
    input  wire       clk,
    input  wire       set,
    output reg  [3:0] level
);
    always @(posedge clk) begin
        if (set) level <= 3'd9;
        else level <= 4'd0;
    end
endmodule
