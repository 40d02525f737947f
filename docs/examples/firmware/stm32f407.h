/* The registers of the STM32F407 that these examples use, by the names of its reference manual (RM0090).
 *
 * A project of yours has ST's stm32f407xx.h in its place; the names are the same. Offsets: RM0090 rev 19 and, for
 * the core's own peripherals, the ARMv7-M architecture reference manual.
 */
#ifndef STM32F407_H
#define STM32F407_H

#include <stdint.h>

#define __IO volatile
#define __NVIC_PRIO_BITS 4U

/* Interrupt numbers: negative ones are the core's exceptions. */
typedef enum {
    SysTick_IRQn = -1,
    EXTI0_IRQn = 6,
    TIM2_IRQn = 28,
    USART2_IRQn = 38,
    TIM8_BRK_TIM12_IRQn = 43,
} IRQn_Type;

typedef struct {
    __IO uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR;
    __IO uint32_t AFR[2]; /* AFR[0]: pins 0 to 7, AFR[1]: pins 8 to 15 */
} GPIO_TypeDef;

typedef struct {
    __IO uint32_t CR, PLLCFGR, CFGR, CIR, AHB1RSTR, AHB2RSTR, AHB3RSTR;
    uint32_t RESERVED0;
    __IO uint32_t APB1RSTR, APB2RSTR;
    uint32_t RESERVED1[2];
    __IO uint32_t AHB1ENR, AHB2ENR, AHB3ENR;
    uint32_t RESERVED2;
    __IO uint32_t APB1ENR, APB2ENR;
} RCC_TypeDef;

typedef struct {
    __IO uint32_t CR1, CR2, SMCR, DIER, SR, EGR, CCMR1, CCMR2, CCER, CNT, PSC, ARR;
    __IO uint32_t RCR, CCR1, CCR2, CCR3, CCR4, BDTR, DCR, DMAR, OR;
} TIM_TypeDef;

typedef struct {
    __IO uint32_t SR, DR, BRR, CR1, CR2, CR3, GTPR;
} USART_TypeDef;

typedef struct {
    __IO uint32_t IMR, EMR, RTSR, FTSR, SWIER, PR;
} EXTI_TypeDef;

typedef struct {
    __IO uint32_t MEMRMP, PMC, EXTICR[4], RESERVED[2], CMPCR;
} SYSCFG_TypeDef;

typedef struct {
    __IO uint32_t CTRL, LOAD, VAL;
} SysTick_Type;

typedef struct {
    __IO uint32_t ISER[8];
    uint32_t RESERVED0[24];
    __IO uint32_t ICER[8];
    uint32_t RESERVED1[24];
    __IO uint32_t ISPR[8];
    uint32_t RESERVED2[24];
    __IO uint32_t ICPR[8];
    uint32_t RESERVED3[24];
    __IO uint32_t IABR[8];
    uint32_t RESERVED4[56];
    __IO uint8_t IP[240];
} NVIC_Type;

#define PERIPH_BASE 0x40000000UL
#define APB1PERIPH_BASE PERIPH_BASE
#define APB2PERIPH_BASE (PERIPH_BASE + 0x00010000UL)
#define AHB1PERIPH_BASE (PERIPH_BASE + 0x00020000UL)

#define TIM2_BASE (APB1PERIPH_BASE + 0x0000UL)
#define TIM12_BASE (APB1PERIPH_BASE + 0x1800UL)
#define USART2_BASE (APB1PERIPH_BASE + 0x4400UL)
#define SYSCFG_BASE (APB2PERIPH_BASE + 0x3800UL)
#define EXTI_BASE (APB2PERIPH_BASE + 0x3C00UL)
#define GPIOA_BASE (AHB1PERIPH_BASE + 0x0000UL)
#define GPIOB_BASE (AHB1PERIPH_BASE + 0x0400UL)
#define RCC_BASE (AHB1PERIPH_BASE + 0x3800UL)
#define SysTick_BASE 0xE000E010UL
#define NVIC_BASE 0xE000E100UL

#define TIM2 ((TIM_TypeDef *)TIM2_BASE)
#define TIM12 ((TIM_TypeDef *)TIM12_BASE)
#define USART2 ((USART_TypeDef *)USART2_BASE)
#define SYSCFG ((SYSCFG_TypeDef *)SYSCFG_BASE)
#define EXTI ((EXTI_TypeDef *)EXTI_BASE)
#define GPIOA ((GPIO_TypeDef *)GPIOA_BASE)
#define GPIOB ((GPIO_TypeDef *)GPIOB_BASE)
#define RCC ((RCC_TypeDef *)RCC_BASE)
#define SysTick ((SysTick_Type *)SysTick_BASE)
#define NVIC ((NVIC_Type *)NVIC_BASE)

#define RCC_AHB1ENR_GPIOAEN (1UL << 0)
#define RCC_AHB1ENR_GPIOBEN (1UL << 1)
#define RCC_APB1ENR_TIM2EN (1UL << 0)
#define RCC_APB1ENR_TIM12EN (1UL << 6)
#define RCC_APB1ENR_USART2EN (1UL << 17)
#define RCC_APB2ENR_SYSCFGEN (1UL << 14)

#define TIM_CR1_CEN (1UL << 0)
#define TIM_CR1_ARPE (1UL << 7)
#define TIM_DIER_UIE (1UL << 0)
#define TIM_SR_UIF (1UL << 0)
#define TIM_EGR_UG (1UL << 0)
#define TIM_CCMR1_OC1PE (1UL << 3)
#define TIM_CCMR1_OC1M_1 (1UL << 5)
#define TIM_CCMR1_OC1M_2 (1UL << 6)
#define TIM_CCER_CC1E (1UL << 0)

#define USART_SR_TXE (1UL << 7)
#define USART_CR1_TE (1UL << 3)
#define USART_CR1_UE (1UL << 13)

#define EXTI_IMR_MR0 (1UL << 0)
#define EXTI_RTSR_TR0 (1UL << 0)
#define EXTI_PR_PR0 (1UL << 0)
#define SYSCFG_EXTICR1_EXTI0 (0xFUL << 0)

#define SysTick_CTRL_ENABLE_Msk (1UL << 0)
#define SysTick_CTRL_TICKINT_Msk (1UL << 1)
#define SysTick_CTRL_CLKSOURCE_Msk (1UL << 2)

static inline void NVIC_EnableIRQ(IRQn_Type irq)
{
    NVIC->ISER[(uint32_t)irq >> 5] = 1UL << ((uint32_t)irq & 0x1FUL);
}

/* 0 is the most urgent, 15 the least: this part has four priority bits. */
static inline void NVIC_SetPriority(IRQn_Type irq, uint32_t priority)
{
    NVIC->IP[irq] = (uint8_t)(priority << (8U - __NVIC_PRIO_BITS));
}

static inline void __WFI(void)
{
    __asm volatile("wfi" ::: "memory");
}

#endif
