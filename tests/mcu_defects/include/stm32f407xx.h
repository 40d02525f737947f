/* The registers of the STM32F407 that the seeded defects use, by the names of its reference manual (RM0090 rev 19) and of
 * the ARMv7-M architecture reference manual. Written for these tests: a project has ST's header in its place.
 */
#ifndef STM32F407XX_H
#define STM32F407XX_H

#include <stdint.h>

#define __IO volatile
#define __NVIC_PRIO_BITS 4U

typedef enum {
    SysTick_IRQn = -1,
    EXTI0_IRQn = 6,
    EXTI1_IRQn = 7,
    EXTI15_10_IRQn = 40,
    DMA1_Stream6_IRQn = 17,
    TIM2_IRQn = 28,
    TIM3_IRQn = 29,
    USART2_IRQn = 38,
    DMA2_Stream0_IRQn = 56,
} IRQn_Type;

typedef struct {
    __IO uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFR[2];
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
    __IO uint32_t ACR, KEYR, OPTKEYR, SR, CR, OPTCR;
} FLASH_TypeDef;

typedef struct {
    __IO uint32_t CR, CSR;
} PWR_TypeDef;

typedef struct {
    __IO uint32_t CR1, CR2, SMCR, DIER, SR, EGR, CCMR1, CCMR2, CCER, CNT, PSC, ARR;
    __IO uint32_t RCR, CCR1, CCR2, CCR3, CCR4, BDTR, DCR, DMAR, OR;
} TIM_TypeDef;

typedef struct {
    __IO uint32_t SR, DR, BRR, CR1, CR2, CR3, GTPR;
} USART_TypeDef;

typedef struct {
    __IO uint32_t CR1, CR2, SR, DR, CRCPR, RXCRCR, TXCRCR, I2SCFGR, I2SPR;
} SPI_TypeDef;

typedef struct {
    __IO uint32_t SR, CR1, CR2, SMPR1, SMPR2, JOFR1, JOFR2, JOFR3, JOFR4, HTR, LTR, SQR1, SQR2, SQR3, JSQR;
    __IO uint32_t JDR1, JDR2, JDR3, JDR4, DR;
} ADC_TypeDef;

typedef struct {
    __IO uint32_t IMR, EMR, RTSR, FTSR, SWIER, PR;
} EXTI_TypeDef;

typedef struct {
    __IO uint32_t MEMRMP, PMC, EXTICR[4], RESERVED[2], CMPCR;
} SYSCFG_TypeDef;

typedef struct {
    __IO uint32_t LISR, HISR, LIFCR, HIFCR;
} DMA_TypeDef;

typedef struct {
    __IO uint32_t CR, NDTR, PAR, M0AR, M1AR, FCR;
} DMA_Stream_TypeDef;

typedef struct {
    __IO uint32_t CTRL, LOAD, VAL;
} SysTick_Type;

typedef struct {
    __IO uint32_t ISER[8];
    uint32_t RESERVED0[24];
    __IO uint32_t ICER[8];
    uint32_t RESERVED1[152];
    __IO uint8_t IP[240];
} NVIC_Type;

#define RCC ((RCC_TypeDef *)0x40023800UL)
#define FLASH ((FLASH_TypeDef *)0x40023C00UL)
#define PWR ((PWR_TypeDef *)0x40007000UL)
#define GPIOA ((GPIO_TypeDef *)0x40020000UL)
#define GPIOB ((GPIO_TypeDef *)0x40020400UL)
#define GPIOC ((GPIO_TypeDef *)0x40020800UL)
#define GPIOD ((GPIO_TypeDef *)0x40020C00UL)
#define TIM2 ((TIM_TypeDef *)0x40000000UL)
#define TIM3 ((TIM_TypeDef *)0x40000400UL)
#define TIM12 ((TIM_TypeDef *)0x40001800UL)
#define SPI1 ((SPI_TypeDef *)0x40013000UL)
#define USART2 ((USART_TypeDef *)0x40004400UL)
#define ADC1 ((ADC_TypeDef *)0x40012000UL)
#define SYSCFG ((SYSCFG_TypeDef *)0x40013800UL)
#define EXTI ((EXTI_TypeDef *)0x40013C00UL)
#define DMA1 ((DMA_TypeDef *)0x40026000UL)
#define DMA1_Stream6 ((DMA_Stream_TypeDef *)0x400260A0UL)
#define DMA2 ((DMA_TypeDef *)0x40026400UL)
#define DMA2_Stream0 ((DMA_Stream_TypeDef *)0x40026410UL)
#define SysTick ((SysTick_Type *)0xE000E010UL)
#define NVIC ((NVIC_Type *)0xE000E100UL)

#define RCC_AHB1ENR_GPIOAEN (1UL << 0)
#define RCC_AHB1ENR_GPIOBEN (1UL << 1)
#define RCC_AHB1ENR_GPIOCEN (1UL << 2)
#define RCC_AHB1ENR_GPIODEN (1UL << 3)
#define RCC_AHB1ENR_DMA1EN (1UL << 21)
#define RCC_AHB1ENR_DMA2EN (1UL << 22)
#define RCC_APB1ENR_TIM2EN (1UL << 0)
#define RCC_APB1ENR_TIM3EN (1UL << 1)
#define RCC_APB1ENR_TIM12EN (1UL << 6)
#define RCC_APB1ENR_USART2EN (1UL << 17)
#define RCC_APB1ENR_PWREN (1UL << 28)
#define RCC_APB2ENR_ADC1EN (1UL << 8)
#define RCC_APB2ENR_SPI1EN (1UL << 12)
#define RCC_APB2ENR_SYSCFGEN (1UL << 14)

#define RCC_CR_HSEON (1UL << 16)
#define RCC_CR_HSERDY (1UL << 17)
#define RCC_CR_PLLON (1UL << 24)
#define RCC_CR_PLLRDY (1UL << 25)
#define RCC_PLLCFGR_PLLM_Pos 0U
#define RCC_PLLCFGR_PLLN_Pos 6U
#define RCC_PLLCFGR_PLLP_Pos 16U
#define RCC_PLLCFGR_PLLSRC_HSE (1UL << 22)
#define RCC_PLLCFGR_PLLQ_Pos 24U
#define RCC_CFGR_SW_PLL 2UL
#define RCC_CFGR_SWS 0xCUL
#define RCC_CFGR_SWS_PLL 8UL
#define RCC_CFGR_HPRE_DIV1 0UL
#define RCC_CFGR_PPRE1_DIV4 (5UL << 10)
#define RCC_CFGR_PPRE2_DIV2 (4UL << 13)
#define FLASH_ACR_LATENCY_0WS 0UL
#define FLASH_ACR_LATENCY_2WS 2UL
#define FLASH_ACR_LATENCY_5WS 5UL
#define FLASH_ACR_PRFTEN (1UL << 8)
#define FLASH_ACR_ICEN (1UL << 9)
#define FLASH_ACR_DCEN (1UL << 10)
#define PWR_CR_VOS (1UL << 14)

#define TIM_CR1_CEN (1UL << 0)
#define TIM_DIER_UIE (1UL << 0)
#define TIM_SR_UIF (1UL << 0)
#define TIM_CCMR1_OC1M_1 (1UL << 5)
#define TIM_CCMR1_OC1M_2 (1UL << 6)
#define TIM_CCER_CC1E (1UL << 0)
#define USART_SR_RXNE (1UL << 5)
#define USART_SR_TXE (1UL << 7)
#define USART_CR1_RE (1UL << 2)
#define USART_CR1_TE (1UL << 3)
#define USART_CR1_RXNEIE (1UL << 5)
#define USART_CR1_UE (1UL << 13)
#define USART_CR3_DMAT (1UL << 7)
#define SPI_CR1_MSTR (1UL << 2)
#define SPI_CR1_SPE (1UL << 6)
#define EXTI_IMR_MR0 (1UL << 0)
#define EXTI_RTSR_TR0 (1UL << 0)
#define EXTI_PR_PR0 (1UL << 0)
#define DMA_SxCR_EN (1UL << 0)
#define DMA_SxCR_TCIE (1UL << 4)
#define DMA_SxCR_DIR_0 (1UL << 6)
#define DMA_SxCR_MINC (1UL << 10)
#define DMA_SxCR_CHSEL_2 (4UL << 25)
#define DMA_HIFCR_CTCIF6 (1UL << 21)
#define ADC_CR2_ADON (1UL << 0)
#define ADC_CR2_DMA (1UL << 8)
#define ADC_CR2_SWSTART (1UL << 30)
#define SysTick_CTRL_ENABLE_Msk (1UL << 0)
#define SysTick_CTRL_TICKINT_Msk (1UL << 1)
#define SysTick_CTRL_CLKSOURCE_Msk (1UL << 2)

static inline void NVIC_EnableIRQ(IRQn_Type irq)
{
    NVIC->ISER[(uint32_t)irq >> 5] = 1UL << ((uint32_t)irq & 0x1FUL);
}

static inline void NVIC_SetPriority(IRQn_Type irq, uint32_t priority)
{
    NVIC->IP[irq] = (uint8_t)(priority << (8U - __NVIC_PRIO_BITS));
}

static inline void __disable_irq(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static inline void __enable_irq(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

static inline void __WFI(void)
{
    __asm volatile("wfi" ::: "memory");
}

#endif
