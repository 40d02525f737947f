// `y` keeps its value while `enable` is low.
module hold (
    input  wire       enable,
    input  wire [3:0] d,
    output reg  [3:0] y
);
    always @(*) begin  // FAULT latch: verilator yosys
        if (enable)
            y = d;
    end
endmodule
