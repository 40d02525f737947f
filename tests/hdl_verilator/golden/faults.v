module faults(input clk, input [7:0] a, output reg [3:0] q, output reg r, output wire z);
	always @(posedge clk) begin q = a; /* é🎉 */ r <= a[9]; end
  reg [1:0] s; reg l; wire
    k = a[0] +
    a;
  always @* begin case (s) 2'd0: l = 1; 2'd1: l = 0; endcase end
  sub u(.x(a));
  sub u2(.x(a), .y(clk)), u3(.x(a[3:0]), .y(r));
  always_comb if (clk) q = 2;
  always @(posedge clk) begin #2 s <= a[1:0]; end
endmodule
module sub(input [3:0] x, input y); endmodule
