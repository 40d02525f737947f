// The multiplexer does not wake up when `select` changes.
module wake_up (
    input  wire select,
    input  wire a,
    input  wire b,
    output reg  y
);
    always @(a or b) begin  // FAULT sensitivity-list: slang
        if (select)
            y = a;
        else
            y = b;
    end
endmodule
