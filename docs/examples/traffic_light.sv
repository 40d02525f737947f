// Traffic light of a main road with a side road that is served on request.
package traffic_pkg;
    typedef enum logic [1:0] {RED, RED_AMBER, GREEN, AMBER} light_t;
    typedef enum logic [2:0] {MAIN_GREEN, MAIN_AMBER, TO_SIDE, SIDE_GREEN, SIDE_AMBER, TO_MAIN} phase_t;
endpackage

module traffic_light
    import traffic_pkg::*;
#(
    parameter int unsigned GREEN_TICKS = 20,
    parameter int unsigned AMBER_TICKS = 3
) (
    input  logic   clk,
    input  logic   rst_n,
    input  logic   tick,
    input  logic   side_request,
    output light_t main_light,
    output light_t side_light
);
    localparam int unsigned TIMER_WIDTH = $clog2(GREEN_TICKS + 1);
    typedef logic [TIMER_WIDTH-1:0] timer_t;

    phase_t phase, next_phase;
    timer_t timer;
    logic   green_over, amber_over;

    assign green_over = timer >= timer_t'(GREEN_TICKS - 1);
    assign amber_over = timer >= timer_t'(AMBER_TICKS - 1);

    always_comb begin
        next_phase = phase;
        unique case (phase)
            MAIN_GREEN: if (green_over && side_request) next_phase = MAIN_AMBER;
            MAIN_AMBER: if (amber_over) next_phase = TO_SIDE;
            TO_SIDE:    if (amber_over) next_phase = SIDE_GREEN;
            SIDE_GREEN: if (green_over) next_phase = SIDE_AMBER;
            SIDE_AMBER: if (amber_over) next_phase = TO_MAIN;
            TO_MAIN:    if (amber_over) next_phase = MAIN_GREEN;
            default:    next_phase = TO_MAIN;
        endcase
    end

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            phase <= TO_MAIN;
            timer <= '0;
        end else if (tick) begin
            phase <= next_phase;
            // The timer stands still at its end, so that a green phase may last as long as it likes.
            if (next_phase != phase)
                timer <= '0;
            else if (!green_over)
                timer <= timer + 1'b1;
        end
    end

    always_comb begin
        main_light = RED;
        side_light = RED;
        unique case (phase)
            MAIN_GREEN: main_light = GREEN;
            MAIN_AMBER: main_light = AMBER;
            TO_SIDE:    side_light = RED_AMBER;
            SIDE_GREEN: side_light = GREEN;
            SIDE_AMBER: side_light = AMBER;
            TO_MAIN:    main_light = RED_AMBER;
            default: ;
        endcase
    end
endmodule
