module latch_by_missing_else (
    input  wire       enable,
    input  wire [3:0] d,
    output reg  [3:0] q
);
    always @(*) begin
        if (enable) q = d;
    end
endmodule
