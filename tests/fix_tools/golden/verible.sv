`define uvm_info(a) begin end
module top (input logic [1:0] s, input logic [3:0] a, output logic [3:0] y, output logic q);
  always_comb begin
    y <= a;
  end
  always_comb begin
    q = 0;
    if (a[0]); q = 1;
    if (s[0]) `uvm_info(3); else q = 0;
  end
  ;;
endmodule
