// Two plain always blocks drive one register: no language rule forbids it, no hardware can do it.
module flag (
    input  wire clk,
    input  wire set,
    input  wire clear,
    output reg  q
);
    always @(posedge clk)
        if (set)
            q <= 1'b1;
        else if (clear)
            q <= 1'b0;
endmodule
