// The next-state logic forgets a state.
module door (
    input  logic clk,
    input  logic rst,
    input  logic button,
    input  logic limit,
    output logic motor
);
    typedef enum logic [1:0] {CLOSED, OPENING, OPEN, CLOSING} state_t;
    state_t state;

    always_ff @(posedge clk) begin
        if (rst)
            state <= CLOSED;
        else
            case (state)  // FAULT state-machine: verilator
                CLOSED:  if (button) state <= OPENING;
                OPENING: if (limit) state <= OPEN;
                OPEN:    if (button) state <= CLOSING;
            endcase
    end

    assign motor = (state == OPENING) || (state == CLOSING);
endmodule
