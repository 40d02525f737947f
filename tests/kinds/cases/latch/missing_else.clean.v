// `y` keeps its value while `enable` is low.
module hold (
    input  wire       enable,
    input  wire [3:0] d,
    output reg  [3:0] y
);
    always @(*) begin
        if (enable)
            y = d;
        else
            y = 4'd0;
    end
endmodule
