#include <stdint.h>
struct s { int value; };
enum e { RED, GREEN };
int f(struct s *p, int a, int b) {
  unsigned long n = 3;
  printf("%d\n", n);
  __builtin_printf("%d\n", n);
  memcpy(p, p, 4);
  if (a = b) a++;
  if (!a == b) a++;
  if (a & b == 1) a++;
  if (a == NULL) return 1;
  p.value = 3;
  p->valeu = 3;
  uint32 q = 1;
  int t[2][2] = { 1, 2, 3, 4 };
  enum e k = GREEM;
  switch (a) { case 1: a++; case 2: b++; }
  while (a);
    b++;
  struct s z = { value: 1 };
  return a + b
}
s g(void) { bool x = true; return x; }
int h() { return assert(1); }
