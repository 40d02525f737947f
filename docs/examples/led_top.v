// Faulty on purpose: the instance's connections do not match pulse_stretcher's ports.
// `trigger` is no port of it (it is called `pulse`), and `level` is half as wide as `remaining`.
module led_top (
    input  wire       clk,
    input  wire       rst,
    input  wire       button,
    output wire       led,
    output wire [3:0] level
);
    pulse_stretcher stretcher (
        .clk(clk),
        .rst(rst),
        .trigger(button),
        .stretched(led),
        .remaining(level)
    );
endmodule
