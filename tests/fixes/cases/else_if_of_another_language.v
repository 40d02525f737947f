module else_if_of_another_language (
    input  wire       clk,
    input  wire       up,
    input  wire       down,
    output reg  [3:0] level
);
    always @(posedge clk) begin
        if (up) level <= level + 4'd1;
        elsif (down) level <= level - 4'd1;
    end
endmodule
