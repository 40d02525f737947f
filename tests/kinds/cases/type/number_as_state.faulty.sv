// A number is no state: the enumeration's names are what may be assigned.
module traffic (
    input  logic clk,
    input  logic rst,
    output logic go
);
    typedef enum logic [1:0] {RED, GREEN, AMBER} state_t;
    state_t state;

    always_ff @(posedge clk) begin
        if (rst)
            state <= RED;
        else
            state <= state + 2'd1;  // FAULT type: verilator
    end

    assign go = (state == GREEN);
endmodule
