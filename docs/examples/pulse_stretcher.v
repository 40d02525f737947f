// Makes a one-clock pulse last CYCLES clocks, so that a person can see it on an LED.
module pulse_stretcher #(
    parameter WIDTH = 8,
    parameter [WIDTH-1:0] CYCLES = 8'd200
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             pulse,
    output wire             stretched,
    output reg  [WIDTH-1:0] remaining
);
    assign stretched = (remaining != 0);

    always @(posedge clk) begin
        if (rst)
            remaining <= 0;
        else if (pulse)
            remaining <= CYCLES;
        else if (stretched)
            remaining <= remaining - 1'b1;
    end
endmodule
